# %%
import pandas as pd
import matplotlib.pyplot as plt
import plotly.express as px

# %%
world = px.data.gapminder()

# %%
latest = world[world["year"] == world["year"].max()]
richest = latest.nlargest(5, "gdpPercap")

# %%
world["gdp"] = world["gdpPercap"] * world["pop"]
africa = world[world["continent"] == "Africa"]

# %%
trend = africa.groupby("year")["lifeExp"].mean()
trend.plot()

# %%
figure = px.scatter(latest, x="gdpPercap", y="lifeExp", size="pop", color="continent")

# %%
figure.update_layout(title="Wealth and health")
figure.update_xaxes(type="log")

# %%
fig, ax = plt.subplots(figsize=(8, 4))
ax.plot(trend.index, trend.values)
ax.set_title("Africa")

# %%
europe = world[world["continent"] == "Europe"]
spread = europe["lifeExp"].std()
population = world["pop"].sum()
wide = world.pivot(index="year", columns="country", values="lifeExp")
wide.columns.tolist()
