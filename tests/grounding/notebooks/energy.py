# %%
import pandas as pd
import matplotlib.pyplot as plt
from vega_datasets import data

# %%
energy = data.iowa_electricity()
energy["year"] = pd.to_datetime(energy["year"]).dt.year

# %%
sources = energy.pivot(index="year", columns="source", values="net_generation")
sources.columns

# %%
renewable = sources["Renewables"] / sources.sum(axis=1)
fossil = sources["Fossil Fuels"]
nuclear = sources["Nuclear Energy"].mean()

# %%
fig, ax = plt.subplots(figsize=(7, 4))
ax.stackplot(sources.index, sources.T.values, labels=sources.columns)
ax.set_ylabel("GWh")
ax.legend()

# %%
fig.autofmt_xdate()
change = fossil.diff().dropna()
change.idxmin()
peak = sources["Renewables"].idxmax()

# %%
options = {"alpha": 0.5, "color": "green", "label": "renewable"}
plt.fill_between(sources.index, renewable, alpha=options["alpha"])
plt.ylabel("share")
plt.savefig("/dev/null", format="png")
plt.close("all")

# %%
summary = sources.describe()
summary["Renewables"]["mean"]
energy["net_generation"].sum()
energy.groupby("source")["net_generation"].mean()
options["label"]
