import "./main.css";
import "htmx.org";
import "./actions";
import "./elements/clock";
import "./elements/ring";
import "./elements/live";
import "./teacher";
import "./admin";
