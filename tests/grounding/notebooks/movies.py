# %%
import collections
import pandas as pd

# %%
movies = pd.DataFrame(
    {
        "title": ["Alien", "Heat", "Up", "Brazil", "Jaws"],
        "year": [1979, 1995, 2009, 1985, 1975],
        "gross": [104.9, 187.4, 735.1, 9.9, 476.5],
        "genre": ["horror", "crime", "family", "satire", "horror"],
        "rating": [8.5, 8.3, 8.3, 7.9, 8.1],
    }
)
directors = pd.DataFrame({"title": ["Alien", "Heat", "Jaws"], "director": ["Scott", "Mann", "Spielberg"]})

# %%
merged = movies.merge(directors, on="title", how="left")
merged.isna().sum()

# %%
movies["decade"] = movies["year"] // 10 * 10
movies["rank"] = movies["gross"].rank(ascending=False)

# %%
horror = movies[movies["genre"] == "horror"]
horror["gross"].sum()
good = movies.query("rating > 8")
good["title"].tolist()

# %%
counts = collections.Counter(movies["genre"])
counts.most_common(2)
decades = movies.groupby("decade")["gross"].mean()
decades.idxmax()


# %%
def top(frame, by="gross", count=3, ascending=False):
    return frame.sort_values(by, ascending=ascending).head(count)


# %%
top(movies, by="rating", count=2)
top(merged, count=1)
merged["director"].fillna("unknown")
movies.loc[movies["year"] > 1990, "title"]
movies["title"].str.upper()
merged.drop(columns=["rating"])
oldest = movies["year"].min()
