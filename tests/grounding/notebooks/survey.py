# %%
import pandas as pd
import statsmodels.api as sm

# %%
survey = sm.datasets.fair.load_pandas().data
survey.info()

# %%
survey["affair"] = (survey["affairs"] > 0).astype(int)
survey["long"] = survey["yrs_married"] > 10

# %%
rates = survey.groupby("rate_marriage")["affair"].mean()
by_age = survey.groupby(["age", "children"])["affairs"].sum()

# %%
religious = survey[survey["religious"] >= 3]
religious["affair"].mean()
young = survey[survey["age"] < 30]
young["educ"].mean()

# %%
predictors = sm.add_constant(survey[["age", "yrs_married", "religious"]])
logit = sm.Logit(survey["affair"], predictors)
fitted = logit.fit(disp=0)

# %%
fitted.params
fitted.summary()
margins = fitted.get_margeff()
fitted.prsquared

# %%
odds = pd.DataFrame({"name": fitted.params.index, "value": fitted.params.values})
odds["value"].max()
odds.sort_values("value")
table = survey.pivot_table(index="children", values="affair")
table["affair"].idxmax()
