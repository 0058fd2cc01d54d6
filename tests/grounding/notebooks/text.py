# %%
import re
import string
from collections import Counter, defaultdict
from pathlib import Path

# %%
text = "It was the best of times, it was the worst of times."
words = re.findall(r"\w+", text.lower())

# %%
counts = Counter(words)
counts.most_common(3)
longest = max(words, key=len)


# %%
class Index:
    def __init__(self):
        self.places = defaultdict(list)
        self.size = 0

    def add(self, word, place):
        self.places[word].append(place)
        self.size += 1

    def find(self, word, most=10):
        return self.places[word][:most]


# %%
index = Index()
for place, word in enumerate(words):
    index.add(word, place)

# %%
index.find("was", most=1)
index.size
found = index.places["times"]
clean = text.translate(str.maketrans("", "", string.punctuation))

# %%
folder = Path("/tmp")
folder.exists()
name = folder.name
parts = clean.split()
pattern = re.compile("t.mes")
pattern.findall(clean)
pattern.sub("days", text)
title = text.title()
string.ascii_lowercase
folder.joinpath("a.txt").suffix
