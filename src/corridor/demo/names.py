"""Names for made-up people, from many languages and several scripts.

A name outside the Latin script is written `script|latin`; the second half goes into user names.
"""

import unicodedata
from random import Random

import msgspec


class Name(msgspec.Struct, frozen=True):
    """One name as its bearer writes it, and in plain ASCII letters."""

    text: str
    ascii: str


class Language(msgspec.Struct, frozen=True):
    """`share` is how common it is beside the others; the lists are separated by commas."""

    share: int
    feminine: str
    masculine: str
    family: str


LANGUAGES = (
    Language(
        24,
        "Abigail,Amber,Brianna,Caroline,Charlotte,Chloe,Claire,Destiny,Eleanor,Faith,Grace,Hannah,Imani,Jasmine,Kayla,"
        "Lauren,Madison,Naomi,Paige,Quinn,Rachel,Savannah,Shanice,Tessa,Violet,Zoe",
        "Andre,Benjamin,Caleb,Darius,DeShawn,Elijah,Ethan,Gavin,Henry,Isaiah,Jackson,Jamal,Kevin,Landon,Malik,Marcus,"
        "Nathan,Owen,Parker,Quentin,Rhys,Samuel,Terrell,Tyler,Wesley,Zachary",
        "Abbott,Bennett,Booker,Brooks,Caldwell,Coleman,Dawson,Ellison,Fletcher,Freeman,Gaines,Hawkins,Holloway,Jefferson,"
        "Kendall,Lawson,McAllister,Merritt,Norwood,O'Connor,Pruitt,Ramsey,Sinclair,Thornton,Underwood,Washington,Whitaker",
    ),
    Language(
        20,
        "Adriana,Alejandra,Ana,Beatriz,Camila,Daniela,Elena,Fernanda,Guadalupe,Inés,Isabela,Jimena,Lucía,María José,"
        "Natalia,Paloma,Renata,Sofía,Valentina,Ximena",
        "Alejandro,Andrés,Carlos,Diego,Emiliano,Felipe,Gael,Héctor,Iván,Javier,Joaquín,José Luis,Leonardo,Mateo,"
        "Nicolás,Óscar,Rafael,Santiago,Tomás,Víctor",
        "Aguilar,Álvarez,Barrera,Cárdenas,Castillo,De la Cruz,Domínguez,Escobar,Fuentes,García López,Guerrero,"
        "Hernández,Ibáñez,Juárez,Maldonado,Muñoz,Núñez,Ochoa,Peña,Quiroga,Rivera,Ruiz,Salazar,Trujillo,Villarreal,Zamora",
    ),
    Language(
        7,
        "Bích Ngọc,Diễm,Hồng Ân,Khánh Linh,Mai,Minh Châu,Phương,Thanh Trúc,Thảo,Yến Nhi",
        "An,Bảo,Đạt,Đức,Hải Đăng,Khang,Minh Khôi,Phúc,Quang,Tuấn",
        "Bùi,Đặng,Đinh,Đỗ,Huỳnh,Lê,Ngô,Nguyễn,Phạm,Phan,Trần,Trịnh,Võ,Vương",
    ),
    Language(
        7,
        "Aanya,Anjali,Divya,Gurleen,Ishita,Kavya,Lakshmi,Meera,Nandini,Priya,Riya,Simran",
        "Aarav,Arjun,Dev,Harpreet,Ishaan,Jaspreet,Karthik,Nikhil,Pranav,Rohan,Siddharth,Vikram",
        "Acharya,Bhatt,Chaudhary,Dhillon,Gill,Iyer,Kapoor,Krishnan,Mehta,Nair,Patel,Rao,Reddy,Sandhu,Sharma,Subramanian",
    ),
    Language(
        5,
        "Aaliyah,Amal,Dalia,Farah,Hala,Layla,Maryam,Noor,Rania,Salma,Yasmin,Zainab",
        "Adam,Bilal,Faris,Hamza,Ibrahim,Karim,Mahmoud,Omar,Rami,Tariq,Yusuf,Zaid",
        "Abdallah,Al-Amin,Al-Khatib,Barakat,Darwish,El-Sayed,Farouk,Haddad,Hassan,Khalil,Mansour,Nasser,Qasim,Saleh",
    ),
    Language(
        5,
        "Angelica,Bituin,Dalisay,Jasmin,Kristine,Ligaya,Marisol,Tala",
        "Bayani,Christian,Efren,Jericho,Joshua,Paolo,Ramil,Rizal",
        "Aquino,Bautista,Dimaculangan,Evangelista,Lacson,Macaraeg,Magsaysay,Pangilinan,Santos,Tolentino",
    ),
    Language(
        4,
        "Ayan,Fadumo,Hodan,Ifrah,Mihret,Saba,Selam,Tsion",
        "Abdi,Biruk,Dawit,Guled,Liban,Mahad,Yonas,Zerihun",
        "Abebe,Ali,Bekele,Duale,Farah,Gebremariam,Haile,Jama,Mengistu,Tesfaye,Warsame,Yusuf",
    ),
    Language(
        4,
        "Adaeze,Chiamaka,Ebele,Folasade,Ifeoma,Ngozi,Temitope,Yetunde",
        "Babatunde,Chidi,Emeka,Ifeanyi,Kelechi,Obinna,Olumide,Tunde",
        "Achebe,Adebayo,Adeyemi,Balogun,Ezenwa,Nwosu,Obi,Ogunleye,Okafor,Okonkwo,Olawale,Umeh",
    ),
    Language(
        3,
        "Agnieszka,Dominika,Halyna,Kasia,Małgorzata,Oksana,Svitlana,Zofia",
        "Bohdan,Jakub,Krzysztof,Łukasz,Mykola,Paweł,Stanisław,Taras",
        "Bondarenko,Dąbrowski,Hrytsenko,Kowalczyk,Kravets,Lewandowska,Melnyk,Nowak,Shevchuk,Wójcik,Ząbek,Żuraw",
    ),
    Language(
        3,
        "Hui Min,Jia Yi,Mei Ling,Shu Fen,Xin Yi,Yu Ting",
        "Bo Wen,Hao,Jun Jie,Kai,Wei Ming,Zi Xuan",
        "Chan,Cheung,Fong,Huang,Kwok,Leung,Lin,Liu,Tan,Wong,Yeung,Zhang",
    ),
    Language(
        3,
        "Bo-ra,Da-eun,Eun-ji,Ha-yoon,Ji-woo,Seo-yeon",
        "Dong-hyun,Jae-won,Jun-seo,Min-jun,Seung-ho,Tae-yang",
        "Bae,Cho,Choi,Han,Hwang,Jung,Kang,Kim,Lim,Park,Seo,Yoon",
    ),
    Language(
        3,
        "Ayşe,Defne,Elif,Gülşen,Şirin,Zeynep",
        "Barış,Can,Çağrı,Emre,Ömer,Yiğit",
        "Aydın,Çelik,Demir,Erdoğan,Kaya,Öztürk,Şahin,Yıldız",
    ),
    Language(
        2,
        "Beatriz,Conceição,Joana,Luísa,Mariana,Thaís",
        "André,Caio,Gonçalo,João,Thiago,Vinícius",
        "Araújo,Camões,Figueiredo,Guimarães,Magalhães,Nóbrega,Simões,Vasconcelos",
    ),
    Language(
        2,
        "Bao,Gao Nou,Kia,Mai See,Pa Kou,Sheng",
        "Chue,Kong,Pao,Tou Ger,Toua,Yeng",
        "Cha,Her,Lor,Moua,Thao,Vang,Xiong,Yang",
    ),
    Language(
        2,
        "Kalena,Leilani,Losa,Mele,Sina,Talia",
        "Fetu,Ikaika,Kaleo,Makoa,Sione,Tavita",
        "Faleolo,Kahale,Kealoha,Leota,Mahoe,Tuiasosopo,Tuilagi,Vea",
    ),
    Language(
        2,
        "陽菜|Hina,結衣|Yui,さくら|Sakura,美咲|Misaki",
        "蓮|Ren,大翔|Hiroto,悠真|Yuma,健太|Kenta",
        "佐藤|Sato,高橋|Takahashi,渡辺|Watanabe,小林|Kobayashi,山本|Yamamoto,清水|Shimizu",
    ),
    Language(
        1,
        "欣怡|Xinyi,雨桐|Yutong,思涵|Sihan",
        "浩然|Haoran,子轩|Zixuan,志强|Zhiqiang",
        "李|Li,王|Wang,陈|Chen,欧阳|Ouyang,周|Zhou",
    ),
    Language(
        1,
        "서연|Seoyeon,지우|Jiwoo,하은|Haeun",
        "민준|Minjun,도윤|Doyun,시우|Siwoo",
        "김|Kim,이|Lee,최|Choi,남궁|Namgung",
    ),
    Language(
        1,
        "Олена|Olena,Дарина|Daryna,Катерина|Kateryna",
        "Андрій|Andrii,Максим|Maksym,Юрій|Yurii",
        "Коваленко|Kovalenko,Ткачук|Tkachuk,Лисенко|Lysenko,Гончар|Honchar",
    ),
    Language(
        1,
        "ليلى|Layla,مريم|Maryam,نور|Nour",
        "أحمد|Ahmad,يوسف|Yousef,خالد|Khaled",
        "حداد|Haddad,الخطيب|Alkhatib,منصور|Mansour,سليمان|Suleiman",
    ),
    Language(
        1,
        "अनन्या|Ananya,दीपिका|Deepika,मीरा|Meera",
        "अर्जुन|Arjun,रोहित|Rohit,विवेक|Vivek",
        "शर्मा|Sharma,वर्मा|Varma,जोशी|Joshi,मिश्रा|Mishra",
    ),
)

_CHOSEN = (
    "Ash,Avery,Blue,Charlie,Dani,Ellis,Frankie,Gray,Jules,Kit,Lee,Max,Nico,Ollie,Remy,River,Robin,Sage,Sam,Sky".split(
        ","
    )
)

_PLAIN = str.maketrans({"đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ı": "i", "ø": "o", "Ø": "O", "ß": "ss"})
_FEMININE_PRONOUNS = ("she/her", "she/her", "she/her", "she/they", "they/them")
_MASCULINE_PRONOUNS = ("he/him", "he/him", "he/him", "he/they", "they/them")


class FullName(msgspec.Struct, frozen=True, kw_only=True):
    given: Name
    family: Name
    middle: str = ""
    preferred_given: str = ""
    pronouns: str = ""


class Namer:
    """Draws names. The same random numbers give the same names."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def language(self) -> int:
        return self._random.choices(range(len(LANGUAGES)), _SHARES)[0]

    def family(self, language: int) -> Name:
        return self._random.choice(_FAMILY[language])

    def person(self, language: int, family: Name, *, preferred: float, pronouns: float) -> FullName:
        """Someone of this family. `preferred` and `pronouns` are how likely those are on record, 0 to 1."""
        draw = self._random
        feminine = draw.random() < 0.5
        given_names = (_FEMININE if feminine else _MASCULINE)[language]
        given = draw.choice(given_names)
        middle = draw.choice(given_names).text if draw.random() < 0.3 else ""
        return FullName(
            given=given,
            family=family,
            middle=middle if middle != given.text else "",
            preferred_given=draw.choice(_CHOSEN) if draw.random() < preferred else "",
            pronouns=draw.choice(_FEMININE_PRONOUNS if feminine else _MASCULINE_PRONOUNS)
            if draw.random() < pronouns
            else "",
        )


def user_name(name: FullName, number: str) -> str:
    """`ana.ruiz0042`: ASCII letters of the given and family name, and a number that makes it unique."""
    return f"{_letters(name.given)}.{_letters(name.family)}{number}"


def _letters(name: Name) -> str:
    return "".join(filter(str.isalpha, name.ascii)).lower()


def _parse(names: str) -> tuple[Name, ...]:
    parsed = []
    for entry in names.split(","):
        text, _, latin = entry.partition("|")
        decomposed = unicodedata.normalize("NFKD", (latin or text).translate(_PLAIN))
        parsed.append(Name(text, decomposed.encode("ascii", "ignore").decode()))
    return tuple(parsed)


_SHARES = [language.share for language in LANGUAGES]
_FEMININE = [_parse(language.feminine) for language in LANGUAGES]
_MASCULINE = [_parse(language.masculine) for language in LANGUAGES]
_FAMILY = [_parse(language.family) for language in LANGUAGES]
