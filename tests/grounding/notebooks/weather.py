# %%
import pandas as pd
import numpy as np
import matplotlib.pyplot as plt
from vega_datasets import data

# %%
weather = data.seattle_weather()
weather["date"] = pd.to_datetime(weather["date"])

# %%
weather["month"] = weather["date"].dt.month
weather["range"] = weather["temp_max"] - weather["temp_min"]

# %%
monthly = weather.groupby("month").agg({"precipitation": "sum", "temp_max": "mean"})

# %%
wet = weather[weather["precipitation"] > 10]
windy = weather[weather["wind"] > weather["wind"].quantile(0.9)]

# %%
weather["weather"].value_counts()
hottest = weather["temp_max"].max()
coldest = weather["temp_min"].min()

# %%
plt.figure(figsize=(10, 3))
plt.plot(weather["date"], weather["temp_max"])
plt.title("Seattle")
plt.xlabel("date")
plt.close()

# %%
monthly["precipitation"].plot(kind="bar")
rolling = weather["temp_max"].rolling(7).mean()
correlation = np.corrcoef(weather["temp_max"], weather["temp_min"])
indexed = weather.set_index("date")

# %%
yearly = indexed["precipitation"].resample("YE").sum()
indexed.index.min()
