"""Secrets made up by chance, in the shapes that their issuers give them, and the code that they stand in.

They are put together when they are wanted, so that no scanner stops at this file.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from model_server import credentials

WORD = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"
BASE64 = WORD + "+/"
URL = WORD + "-_"
CHOSEN = WORD + "!#$%&()*+,-./:;<=>?@[]^_{|}~"

Piece = tuple[str, str, int, str]
"""What a piece begins with, so many characters of an alphabet, and what it ends with."""

ANYWHERE = (
    "{}",
    'KEY = "{}"',
    "key='{}',",
    '{{"auth": {{"value": "{}"}}}}',
    "export SOMETHING={}\n",
    "SOMETHING={}",
    "curl -H 'X-Key: {}' https://example.org\n",
    'f"{{base}}/v1?q={}&x=1"',
    "# was {} until May",
    "print('{}\\n')",
    '"one\\n{}"',
    "value: {}\n",
    "`{}`",
    "client(({}),)",
    "<b>{}</b>",
)
NAMED = (
    'password = "{}"',
    "db_passwd='{}'",
    'db_pass = "{}"',
    '{{"user": "ann", "password": "{}"}}',
    "ALTER USER ann IDENTIFIED BY '{}'",
    "CREATE ROLE ann PASSWORD '{}'",
    'password = "{}',
    'password = "{}\nprint(1)',
    'pwd = """{}"""',
    "connect(host, password='{}', port=3)",
)
KEYS = (
    'os.environ["API_KEY"] = "{}"',
    "  apiKey: '{}',",
    'client_secret: str = "{}"',
    'AUTH_TOKEN: str | None = f"{}"',
    'token <- "{}"',
    'let secret = "{}";',
    'config["access_key"] := `{}`',
    'body = "{{\\"api_key\\": \\"{}\\"}}"',
    'api_key: "{}"',
    'os.environ.setdefault("API_KEY", "{}")',
    'token = (\n    "{}"\n)',
)
DATABASES = (
    "postgresql://ann:{}@db.example.org:5432/x",
    'create_engine("mysql+pymysql://ann:{}@localhost/x")',
    "MONGO = 'mongodb+srv://ann:{}@cluster0.example.org/?retryWrites=true'",
    "redis://:{}@cache:6379/0",
    "git clone https://ann:{}@example.org/a/b",
)


@dataclass(frozen=True)
class Shape:
    """Secrets of one family: the texts that they stand in, and the pieces that each is made of."""

    texts: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def secret(self, random: Random) -> str:
        """One of them."""
        drawn = [
            f"{begin}{''.join(random.choices(alphabet, k=size))}{end}" for begin, alphabet, size, end in self.pieces
        ]
        return "".join(drawn)


def issued(prefix: str, alphabet: str, size: int) -> Shape:
    """Tokens known by their prefix; the last character is one that never stands at a word's edge."""
    return Shape(ANYWHERE, ((prefix, alphabet, size - 1, ""), ("", alphabet.rstrip("-_"), 1, "")))


def key(kind: str, newline: str, random: Random) -> str:
    """A private key in PEM."""
    lines = ["".join(random.choices(BASE64, k=64)) for _ in range(8)]
    return newline.join([f"-----{'BEGIN'} {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"])


SHAPES: dict[str, tuple[Shape, ...]] = {
    "aws-access-key-id": (issued("AK" + "IA", UPPER, 16), issued("AS" + "IA", UPPER, 16)),
    "aws-secret-key": (
        Shape(
            ("aws_secret_access_key = {}\n", '{{"SecretAccessKey": "{}"}}', "boto3.client(aws_secret_access_key='{}')"),
            (("", BASE64, 40, ""),),
        ),
    ),
    "azure-storage": (
        Shape(
            (
                "AccountName=a;Account" + "Key={};EndpointSuffix=b",
                'spark.conf.set("fs.azure.account.key.ann.dfs.core.windows.net", "{}")',
            ),
            (("", BASE64, 86, "=="),),
        ),
    ),
    "google-api": (issued("AI" + "za", URL, 35),),
    "google-oauth": (issued("ya" + "29.", URL, 120), issued("GO" + "CSPX-", URL, 28)),
    "github": (*(issued(f"gh{kind}" + "_", WORD, 36) for kind in "pous"), issued("github" + "_pat_", WORD, 82)),
    "gitlab": (issued("gl" + "pat-", URL, 20),),
    "slack": tuple(issued("xo" + f"x{kind}-", WORD, 48) for kind in "abp"),
    "slack-webhook": (
        Shape(
            ("https://hooks.slack." + "com/services/{}",),
            (("T", UPPER, 9, "/"), ("B", UPPER, 9, "/"), ("", WORD, 24, "")),
        ),
    ),
    "stripe": (issued("sk" + "_live_", WORD, 24), issued("rk" + "_live_", WORD, 99)),
    "openai": (issued("s" + "k-", WORD, 48), issued("s" + "k-proj-", URL, 156)),
    "anthropic": (issued("s" + "k-ant-", URL, 95),),
    "hugging-face": (issued("h" + "f_", string.ascii_letters, 34),),
    "groq": (issued("gs" + "k_", WORD, 52),),
    "replicate": (issued("r" + "8_", WORD, 37),),
    "databricks": (issued("da" + "pi", HEX, 32),),
    "npm": (issued("np" + "m_", WORD, 36),),
    "pypi": (issued("py" + "pi-AgEI", URL, 160),),
    "other": (issued("xa" + "i-", WORD, 80), issued("lsv2" + "_pt_", HEX, 43)),
    "docker": (issued("dckr" + "_pat_", URL, 27),),
    "digital-ocean": (issued("dop" + "_v1_", HEX, 64),),
    "vault": (issued("hv" + "s.", URL, 90),),
    "sendgrid": (Shape(("send(key='{}')", "SENDGRID={}\n"), (("SG" + ".", URL, 22, "."), ("", URL, 42, "0"))),),
    "twilio": (
        issued("S" + "K", HEX, 32),
        Shape(('Client("AC' + "0a1b2c3d" * 4 + '", "{}")',), (("", HEX, 32, ""),)),
    ),
    "jwt": (
        Shape(
            ('h = "{}"', "jwt.decode('{}', verify=False)"),
            (("ey" + "J", URL, 33, "."), ("ey" + "J", URL, 90, "."), ("", URL, 42, "z")),
        ),
    ),
    "url-password": (Shape(DATABASES, (("", WORD, 12, ""),)), Shape(DATABASES, (("", WORD + "!$%^*._~-", 24, ""),))),
    "url-token": (Shape(("fetch('https://example.org/a?b=c&api_key={}')",), (("", WORD, 32, ""),)),),
    "bearer": (Shape(("Authorization: Bearer {}\n", "'Authorization': 'Basic {}'"), (("", WORD, 40, ""),)),),
    "basic-auth": (Shape(("get(url, auth=('ann', '{}'))", 'HTTPBasicAuth("ann", "{}")'), (("", CHOSEN, 12, ""),)),),
    "assignment": (
        *(Shape(NAMED, (("", CHOSEN, size, ""),)) for size in (10, 16, 40)),
        *(Shape(KEYS, (("", WORD, size, ""),)) for size in (10, 16, 40)),
        Shape(('{{"username": "ann", "key": "{}"}}',), (("", HEX, 32, ""),)),
    ),
    "option": (Shape(("run --token {} --verbose", "!curl -u ann:{} https://example.org"), (("q7", WORD, 14, ""),)),),
    "environment": (
        Shape(("DB_PASSWORD={}\n", "%env API_KEY={}", "run --token={} x", "  secret: {}\n"), (("q7", WORD, 14, ""),)),
    ),
}
"""What each issuer gives out, and what people choose, by family."""


@dataclass(frozen=True)
class Planted:
    """A text that holds a secret."""

    text: str
    secret: str

    @property
    def telling(self) -> list[str]:
        """What of the secret nobody may be told: a key's lines, else the last half."""
        return self.secret.replace("\\n", "\n").split("\n")[1:-1] or [self.secret[len(self.secret) // 2 :]]


def planted(family: str, random: Random) -> Planted:
    """A secret of a family, in one of the texts that it stands in."""
    if family == "private-key":
        secret = key(random.choice(["", "RSA ", "OPENSSH ", "EC "]), random.choice(["\n", "\\n"]), random)
        return Planted(random.choice(["{}", "k = '''{}'''", 'open("k").write("""{}""")']).format(secret), secret)
    shape = random.choice(SHAPES[family])
    secret = shape.secret(random)
    return Planted(random.choice(shape.texts).format(secret), secret)


FAMILIES = (*SHAPES, "private-key")

ANCHORS = sorted({anchor for family in credentials.FAMILIES for anchor in family.anchors})
TAILS = (
    "",
    "a",
    "=",
    " = ",
    '="',
    "='\"`",
    ": ",
    ":a",
    "/",
    "0a" * 17,
    " " * 7,
    "-----",
    "PRIVATE KEY-----",
    "[\"'])",
    "\\n",
    " -u a:",
    '("a",',
)
FILLERS = "aA0 =:'\"/-._@\\\n"


def hostile(size: int) -> Iterator[str]:
    """Texts of so many characters that begin a secret again and again."""
    for tail in TAILS:
        yield from ((anchor + tail) * (size // len(anchor + tail)) for anchor in ANCHORS)
        yield from (tail + filler * size for filler in FILLERS)
