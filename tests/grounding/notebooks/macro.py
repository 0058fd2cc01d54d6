# %%
import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf

# %%
macro = sm.datasets.macrodata.load_pandas().data
macro.head()

# %%
macro["growth"] = macro["realgdp"].pct_change()
macro["log_gdp"] = np.log(macro["realgdp"])

# %%
recent = macro[macro["year"] >= 2000]
recent["unemp"].mean()
recent["infl"].std()

# %%
X = sm.add_constant(macro[["realcons", "realinv"]])
result = sm.OLS(macro["realgdp"], X).fit()

# %%
result.params
result.rsquared
result.summary()
fitted = result.fittedvalues

# %%
okun = smf.ols("unemp ~ growth", data=macro).fit()
okun.pvalues
okun.conf_int()
residuals = okun.resid

# %%
residuals.mean()
np.abs(residuals).max()
annual = macro.groupby("year")["realgdp"].mean()
annual.pct_change()
macro["tbilrate"].plot()
