"""What the made-up schools teach.

A school day has eight periods in four pairs: period p and period p + 4. A grade takes two courses in each pair: one
half of the grade the first course early and the second late, the other half the other way round. So a student has
eight courses, no two of them in one period.
"""

import msgspec

PERIODS = ("1", "2", "3", "4", "5", "6", "7", "8")
HOMEROOM_PERIOD = "HR"
PAIRS = 4


class Semesters(msgspec.Struct, frozen=True):
    """Two half-year courses that share a place in the timetable."""

    first: str
    second: str


Offer = str | Semesters


class Department(msgspec.Struct, frozen=True):
    """`offers` are, a grade, what its parallel sections teach in turn. Rooms are called after `room`, or numbered."""

    code: str
    name: str
    subject: str
    offers: dict[str, tuple[Offer, ...]]
    room: str = ""


class SchoolKind(msgspec.Struct, frozen=True):
    """Departments 0 to 3 are the first, 4 to 7 the second courses of the four pairs."""

    name: str
    grades: tuple[str, ...]
    departments: tuple[Department, ...]


HIGH = SchoolKind(
    "High School",
    ("09", "10", "11", "12"),
    (
        Department(
            "ENG",
            "English",
            "English",
            {
                "09": ("English 9", "English 9", "Honors English 9"),
                "10": ("English 10", "Honors English 10", "English 10"),
                "11": ("American Literature", "American Literature", "AP English Language"),
                "12": ("World Literature", "Creative Writing", "AP English Literature"),
            },
        ),
        Department(
            "MAT",
            "Mathematics",
            "Mathematics",
            {
                "09": ("Algebra 1", "Algebra 1", "Geometry"),
                "10": ("Geometry", "Algebra 2", "Geometry"),
                "11": ("Algebra 2", "Precalculus", "Statistics"),
                "12": ("Precalculus", "AP Calculus", "Financial Algebra", "Statistics"),
            },
        ),
        Department(
            "SOC",
            "Social Studies",
            "Social Studies",
            {
                "09": ("World Geography",),
                "10": ("World History", "AP World History"),
                "11": ("U.S. History", "U.S. History", "AP U.S. History"),
                "12": (Semesters("Government", "Economics"),),
            },
        ),
        Department(
            "ART",
            "Arts",
            "Arts",
            {
                "09": ("Art 1", "Band", "Choir", "Theater 1"),
                "10": ("Art 2", "Band", "Ceramics", "Orchestra"),
                "11": ("Photography", "Jazz Band", "Choir", "Theater 2"),
                "12": ("Studio Art", "Orchestra", "Film", "Music Theory"),
            },
            room="Studio",
        ),
        Department(
            "SCI",
            "Science",
            "Science",
            {
                "09": ("Biology", "Biology", "Honors Biology"),
                "10": ("Chemistry", "Chemistry", "Honors Chemistry"),
                "11": ("Physics", "Environmental Science", "AP Physics"),
                "12": ("AP Biology", "Astronomy", "Forensic Science", "Anatomy"),
            },
            room="Lab",
        ),
        Department(
            "PED",
            "Physical Education",
            "Physical Education",
            {
                "09": (Semesters("Health 9", "Physical Education 9"),),
                "10": ("Physical Education 10", "Dance"),
                "11": ("Weight Training", "Team Sports"),
                "12": ("Yoga and Fitness", "Team Sports"),
            },
            room="Gym",
        ),
        Department(
            "LAN",
            "World Languages",
            "Languages",
            {
                "09": ("Spanish 1", "French 1", "Mandarin 1", "Spanish 1"),
                "10": ("Spanish 2", "French 2", "Mandarin 2", "Spanish 2"),
                "11": ("Spanish 3", "French 3", "Mandarin 3", "ASL 1"),
                "12": ("AP Spanish", "ASL 2", "Spanish for Heritage Speakers"),
            },
        ),
        Department(
            "TEC",
            "Career and Technical Education",
            "Technology",
            {
                "09": ("Computer Science 1", "Woodworking", "Foods 1"),
                "10": ("Computer Science 2", "Engineering 1", "Journalism"),
                "11": ("AP Computer Science", "Auto Shop", "Marketing"),
                "12": ("Robotics", "Health Careers", "Personal Finance"),
            },
        ),
    ),
)

MIDDLE = SchoolKind(
    "Middle School",
    ("06", "07", "08"),
    (
        Department(
            "ENG",
            "English",
            "English",
            {
                "06": ("Language Arts 6",),
                "07": ("Language Arts 7",),
                "08": ("Language Arts 8", "Honors Language Arts 8"),
            },
        ),
        Department(
            "MAT",
            "Mathematics",
            "Mathematics",
            {
                "06": ("Math 6", "Math 6", "Accelerated Math 6"),
                "07": ("Math 7", "Pre-Algebra"),
                "08": ("Math 8", "Algebra 1"),
            },
        ),
        Department(
            "SOC",
            "Social Studies",
            "Social Studies",
            {"06": ("Ancient World",), "07": ("Medieval World",), "08": ("U.S. History 8",)},
        ),
        Department(
            "ART",
            "Arts",
            "Arts",
            {
                "06": ("Art 6", "Beginning Band", "Choir"),
                "07": ("Art 7", "Band", "Drama"),
                "08": ("Ceramics", "Band", "Orchestra"),
            },
            room="Studio",
        ),
        Department(
            "SCI",
            "Science",
            "Science",
            {"06": ("Earth Science",), "07": ("Life Science",), "08": ("Physical Science",)},
            room="Lab",
        ),
        Department(
            "PED",
            "Physical Education",
            "Physical Education",
            {
                "06": ("Physical Education 6",),
                "07": (Semesters("Physical Education 7", "Health 7"),),
                "08": ("Physical Education 8",),
            },
            room="Gym",
        ),
        Department(
            "LAN",
            "World Languages",
            "Languages",
            {
                "06": ("Exploring Languages",),
                "07": ("Spanish A", "French A", "Spanish A"),
                "08": ("Spanish B", "French B", "Spanish B"),
            },
        ),
        Department(
            "TEC",
            "Electives",
            "Technology",
            {
                "06": (Semesters("Digital Skills", "Study Strategies"),),
                "07": ("Coding", "Makerspace", "Yearbook"),
                "08": ("Robotics", "Journalism", "Foods"),
            },
        ),
    ),
)

KINDS = (HIGH, MIDDLE)
