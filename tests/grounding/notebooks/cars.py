# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from vega_datasets import data

# %%
cars = data.cars()
cars.columns
cars.dtypes

# %%
cars = cars.dropna(subset=["Miles_per_Gallon", "Horsepower"])

# %%
cars["power_to_weight"] = cars["Horsepower"] / cars["Weight_in_lbs"]
cars["year"] = pd.to_datetime(cars["Year"]).dt.year

# %%
X = cars[["Horsepower", "Weight_in_lbs", "Acceleration"]]
y = cars["Miles_per_Gallon"]

# %%
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)

# %%
model = LinearRegression(fit_intercept=True)
model.fit(X_train, y_train)

# %%
predictions = model.predict(X_test)
score = model.score(X_test, y_test)
errors = y_test - predictions

# %%
rmse = np.sqrt(np.mean(errors**2))
weights = pd.Series(model.coef_, index=X.columns)
bias = model.intercept_

# %%
american = cars[cars["Origin"] == "USA"]
heavy = cars[cars["Weight_in_lbs"] > 4000]
american["Horsepower"].mean()
