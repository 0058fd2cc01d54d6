# %%
import pandas as pd
import plotly.data

# %%
medals = plotly.data.medals_wide()
medals.set_index("nation")

# %%
medals["total"] = medals["gold"] + medals["silver"] + medals["bronze"]
medals["share"] = medals["gold"] / medals["total"]

# %%
medals.sort_values("total", ascending=False)
best = medals["gold"].max()
leader = medals.loc[medals["gold"].idxmax(), "nation"]

# %%
wind = plotly.data.wind()
wind["strength"].unique()
north = wind[wind["direction"] == "N"]
north["frequency"].sum()

# %%
strongest = wind.groupby("direction")["frequency"].sum()
strongest.sort_values().tail(1)
calm = wind[wind["strength"] == "0-1"]
calm["frequency"].mean()

# %%
long = medals.melt(id_vars="nation", var_name="metal", value_name="count")
long["metal"].unique()
long["count"].sum()
wind.groupby("strength").size()
long[long["metal"] == "gold"]["count"].mean()
medals.rename(columns={"total": "all"})
