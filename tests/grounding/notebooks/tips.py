# %%
import numpy as np
import pandas as pd
import plotly.data as data

# %%
tips = data.tips()
tips.shape

# %%
tips["share"] = tips["tip"] / tips["total_bill"]
tips["per_head"] = tips["total_bill"] / tips["size"]

# %%
by_day = tips.groupby("day")["share"].mean()
by_day = by_day.sort_values()

# %%
dinner = tips[tips["time"] == "Dinner"]
lunch = tips[tips["time"] == "Lunch"]

# %%
difference = dinner["tip"].mean() - lunch["tip"].mean()
logs = np.log(tips["total_bill"])
rounded = np.round(tips["tip"], 1)

# %%
table = pd.pivot_table(tips, index="day", columns="sex", values="tip")
counts = pd.crosstab(tips["day"], tips["smoker"])


# %%
def describe(frame, column="tip", digits=2):
    return round(frame[column].mean(), digits)


# %%
describe(dinner, column="tip", digits=1)
describe(lunch, digits=3)
quantiles = tips["share"].quantile([0.25, 0.75])
