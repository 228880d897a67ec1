"""QR codes as pictures."""

import io

import segno


def qr_svg(content: str) -> str:
    """The content as an SVG, dark on white whatever the page's colours are: cameras want it so."""
    picture = io.BytesIO()
    segno.make(content, error="m").save(
        picture, kind="svg", scale=6, border=3, dark="#000", light="#fff", xmldecl=False, svgclass=None, lineclass=None
    )
    return picture.getvalue().decode()
