# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn import datasets, linear_model, metrics, pipeline, preprocessing

# %%
diabetes = datasets.load_diabetes(as_frame=True)
patients = diabetes.frame

# %%
patients["bmi"].describe()
high = patients[patients["bp"] > 0.05]
high["target"].mean()

# %%
pipe = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.Ridge(alpha=1.0))
pipe.fit(diabetes.data, diabetes.target)

# %%
predicted = pipe.predict(diabetes.data)
error = metrics.mean_squared_error(diabetes.target, predicted)
r2 = metrics.r2_score(diabetes.target, predicted)

# %%
lasso = linear_model.Lasso(alpha=0.5, max_iter=500)
lasso.fit(diabetes.data, diabetes.target)

# %%
kept = np.flatnonzero(lasso.coef_)
lasso.intercept_
lasso.score(diabetes.data, diabetes.target)

# %%
fig, axes = plt.subplots(1, 2)
axes[0].hist(patients["target"], bins=20)
axes[1].scatter(patients["bmi"], patients["target"])
fig.tight_layout()
fig.suptitle("Diabetes")

# %%
plt.close(fig)
older = patients[patients["age"] > 0]
older["s5"].corr(older["target"])
