# %%
import pandas as pd
import numpy as np
from scipy import stats
from vega_datasets import data

# %%
barley = data.barley()
barley["site"].unique()

# %%
sites = barley.groupby("site")["yield"].mean()
first = barley[barley["year"] == 1931]
second = barley[barley["year"] == 1932]

# %%
test = stats.ttest_ind(first["yield"], second["yield"])
test.pvalue
test.statistic

# %%
varieties = barley["variety"].nunique()
wide = barley.pivot_table(index="variety", columns="site", values="yield")
wide["Crookston"].mean()
wide["Duluth"].std()

# %%
z = (barley["yield"] - barley["yield"].mean()) / barley["yield"].std()
normal = stats.norm.cdf(z)
slope = stats.linregress(first["yield"], second["yield"])

# %%
slope.rvalue
slope.intercept
barley["scaled"] = z
barley.nlargest(3, "scaled")
medians = barley.groupby("variety")["yield"].median()
medians.sort_values().index
np.histogram(barley["yield"], bins=8)
