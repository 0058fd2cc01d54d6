# %%
import pandas as pd
import statsmodels.api as sm
import matplotlib.pyplot as plt

# %%
firms = sm.datasets.grunfeld.load_pandas().data
firms.columns
firms["firm"].unique()

# %%
firms["rate"] = firms["invest"] / firms["capital"]
ibm = firms[firms["firm"] == "IBM"]
motors = firms[firms["firm"] == "General Motors"]

# %%
ibm["invest"].plot()
motors["value"].mean()
years = ibm["year"].tolist()

# %%
design = sm.add_constant(firms[["value", "capital"]])
ols = sm.OLS(firms["invest"], design)
fit = ols.fit(cov_type="HC1")

# %%
fit.tvalues
fit.bse
fit.rsquared_adj
fit.nobs
forecast = fit.predict(design)

# %%
fig, ax = plt.subplots()
ax.plot(ibm["year"], ibm["invest"], label="IBM")
ax.plot(motors["year"], motors["invest"], label="GM")
ax.legend(loc="upper left")

# %%
ax.set_ylabel("investment")
ax.set_xlim(1935, 1954)
plt.close(fig)
growth = firms.groupby("firm")["capital"].pct_change()
firms["rate"].describe()
