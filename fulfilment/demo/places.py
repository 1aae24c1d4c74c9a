"""Believable people and places: eight countries, with postcodes in each country's own format."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Land:
    code: str
    currency: str
    language: str
    weight: int
    tax_rate: str
    towns: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    phone: str
    number_first: bool = False


LANDS: tuple[Land, ...] = (
    Land(
        "SE",
        "SEK",
        "en-gb",
        34,
        "0.12",
        (
            ("Malmö", "211 4#"),
            ("Stockholm", "114 5#"),
            ("Göteborg", "411 2#"),
            ("Uppsala", "753 1#"),
            ("Lund", "223 5#"),
            ("Umeå", "903 2#"),
            ("Örebro", "702 1#"),
        ),
        ("Storgatan", "Kungsgatan", "Drottninggatan", "Skolgatan", "Vasagatan", "Parkgatan", "Ringvägen", "Björkvägen"),
        (
            "Maria",
            "Anna",
            "Erik",
            "Lars",
            "Karin",
            "Sofia",
            "Johan",
            "Elin",
            "Oskar",
            "Astrid",
            "Nils",
            "Ebba",
            "Axel",
            "Maja",
        ),
        (
            "Lindqvist",
            "Andersson",
            "Johansson",
            "Nyström",
            "Bergman",
            "Sjöberg",
            "Håkansson",
            "Wallin",
            "Ekström",
            "Åkesson",
        ),
        "+46 70 {a:03d} {b:02d} {c:02d}",
    ),
    Land(
        "DE",
        "EUR",
        "en-gb",
        22,
        "0.07",
        (
            ("Hamburg", "2035#"),
            ("Berlin", "1011#"),
            ("München", "8033#"),
            ("Köln", "5066#"),
            ("Leipzig", "0410#"),
            ("Bremen", "2819#"),
        ),
        ("Hauptstraße", "Gartenweg", "Lindenallee", "Bahnhofstraße", "Schillerstraße", "Am Markt", "Rosenweg"),
        ("Lena", "Jonas", "Sabine", "Thomas", "Katharina", "Felix", "Miriam", "Jürgen", "Nele", "Matthias"),
        ("Schröder", "Müller", "Becker", "Hoffmann", "Krüger", "Weiß", "Vogel", "Brandt", "Jäger"),
        "+49 151 2{a:03d} {b:02d}{c:02d}",
    ),
    Land(
        "DK",
        "EUR",
        "en-gb",
        10,
        "0.25",
        (("København K", "11##"), ("Aarhus C", "8000"), ("Odense C", "5000"), ("Aalborg", "9000")),
        ("Nørregade", "Vestergade", "Søndergade", "Algade", "Havnegade"),
        ("Freja", "Mads", "Ida", "Rasmus", "Signe", "Søren", "Mette"),
        ("Jensen", "Nielsen", "Mikkelsen", "Østergaard", "Kjær", "Lund"),
        "+45 20 {b:02d} {c:02d} 4{d}",
    ),
    Land(
        "FI",
        "EUR",
        "en-gb",
        8,
        "0.14",
        (("Helsinki", "0010#"), ("Tampere", "3310#"), ("Turku", "2010#"), ("Oulu", "9010#")),
        ("Mannerheimintie", "Hämeenkatu", "Kauppakatu", "Aleksanterinkatu"),
        ("Aino", "Eero", "Helmi", "Onni", "Väinö", "Kaisa"),
        ("Korhonen", "Virtanen", "Mäkinen", "Nieminen", "Hämäläinen"),
        "+358 40 {a:03d} {b:02d}{c:02d}",
    ),
    Land(
        "NL",
        "EUR",
        "en-gb",
        9,
        "0.09",
        (("Amsterdam", "10## KL"), ("Utrecht", "35## AB"), ("Rotterdam", "30## DC"), ("Groningen", "97## NW")),
        ("Prinsengracht", "Kerkstraat", "Dorpsstraat", "Oude Gracht", "Molenweg"),
        ("Sanne", "Daan", "Femke", "Bram", "Lotte", "Sjoerd"),
        ("de Vries", "Jansen", "van Dijk", "Bakker", "Visser"),
        "+31 6 1{a:03d} {b:02d}{c:02d}",
    ),
    Land(
        "FR",
        "EUR",
        "en-gb",
        7,
        "0.055",
        (("Lyon", "6900#"), ("Paris", "7501#"), ("Nantes", "4400#"), ("Lille", "5900#")),
        ("rue de la République", "rue Victor Hugo", "avenue Jean Jaurès", "rue des Écoles"),
        ("Camille", "Léa", "Hugo", "Chloé", "Étienne", "Mathilde"),
        ("Lefèvre", "Moreau", "Girard", "Rousseau", "Bonnet"),
        "+33 6 1{d} {b:02d} {c:02d} 4{d}",
        number_first=True,
    ),
    Land(
        "GB",
        "GBP",
        "en-gb",
        7,
        "0.00",
        (("Leeds", "LS1 #AB"), ("Bristol", "BS8 #TH"), ("Edinburgh", "EH3 #LF"), ("London", "N1 #GU")),
        ("High Street", "Station Road", "Victoria Road", "Mill Lane", "Church Street"),
        ("Tom", "Olivia", "Priya", "Callum", "Grace", "Kwame"),
        ("Okafor", "Hughes", "Patel", "Campbell", "Whitfield", "O'Brien"),
        "+44 7400 {a:03d}{b:02d}{d}",
        number_first=True,
    ),
    Land(
        "NO",
        "EUR",
        "en-gb",
        3,
        "0.15",
        (("Oslo", "015#"), ("Bergen", "500#"), ("Trondheim", "701#")),
        ("Storgata", "Kirkegata", "Strandgata"),
        ("Ingrid", "Sindre", "Solveig", "Håkon"),
        ("Hansen", "Solberg", "Bakke", "Sørensen"),
        "+47 4{a:03d} {b:02d}{c:02d}",
    ),
)
LAND_BY_CODE = {land.code: land for land in LANDS}


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    phone: str
    line1: str
    city: str
    postcode: str
    land: Land


def person(rng: Random, index: int) -> Person:
    land = rng.choices(LANDS, [land.weight for land in LANDS])[0]
    first, last = rng.choice(land.first), rng.choice(land.last)
    town, pattern = rng.choice(land.towns)
    postcode = "".join(str(rng.randint(1, 9)) if c == "#" else c for c in pattern)
    house = str(rng.randint(1, 98)) + rng.choice(("", "", "", "A", "B"))
    street = rng.choice(land.streets)
    return Person(
        name=f"{first} {last}",
        email=f"{_plain(first)}.{_plain(last)}{index}@mail.example",
        phone=land.phone.format(
            a=rng.randint(100, 999), b=rng.randint(10, 99), c=rng.randint(10, 99), d=rng.randint(0, 9)
        ),
        line1=f"{house} {street}" if land.number_first else f"{street} {house}",
        city=town,
        postcode=postcode,
        land=land,
    )


_ASCII = str.maketrans("åäöøæéèëßüÅÄÖØÉÈÜ", "aaooaeeesuAAOOEEU", " '")


def _plain(word: str) -> str:
    return word.translate(_ASCII).lower()
