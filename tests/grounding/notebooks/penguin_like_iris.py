# %%
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.datasets import load_iris

# %%
iris = load_iris(as_frame=True)
flowers = iris.frame
flowers["species"] = flowers["target"].map(dict(enumerate(iris.target_names)))

# %%
flowers.head()
flowers.describe()

# %%
means = flowers.groupby("species").mean()
ratio = flowers["petal length (cm)"] / flowers["petal width (cm)"]
long = flowers[flowers["sepal length (cm)"] > 6]

# %%
fig, ax = plt.subplots()
ax.scatter(flowers["petal length (cm)"], flowers["petal width (cm)"], c=flowers["target"])

# %%
ax.set_xlabel("petal length")
ax.set_ylabel("petal width")
ax.legend()
fig.savefig("/dev/null", format="png")

# %%
flowers["petal area"] = flowers["petal length (cm)"] * flowers["petal width (cm)"]

# %%
biggest = flowers.sort_values("petal area").tail(3)
summary = flowers["petal area"].describe()
total = flowers["petal area"].sum()
