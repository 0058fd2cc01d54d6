# %%
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.preprocessing import StandardScaler

# %%
wine = load_wine(as_frame=True)
frame = wine.frame

# %%
features = wine.data
target = wine.target
names = wine.feature_names

# %%
scaler = StandardScaler()
scaled = scaler.fit_transform(features)

# %%
X_train, X_test, y_train, y_test = train_test_split(scaled, target, test_size=0.3, random_state=1)

# %%
forest = RandomForestClassifier(n_estimators=20, max_depth=4, random_state=0)
forest.fit(X_train, y_train)

# %%
guessed = forest.predict(X_test)
accuracy = accuracy_score(y_test, guessed)
matrix = confusion_matrix(y_test, guessed)
importance = pd.Series(forest.feature_importances_, index=names)

# %%
importance.sort_values(ascending=False).head()
frame["alcohol"].mean()
frame["color_intensity"].hist()
strong = frame[frame["alcohol"] > 13]
strong["proline"].median()

# %%
scores = cross_val_score(forest, features, target, cv=3)
scores.mean()
scores.std()
scaler.mean_
