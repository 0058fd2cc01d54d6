# %%
import datetime as dt
import pandas as pd

# %%
orders = pd.DataFrame(
    {
        "order_id": [1, 2, 3, 4],
        "customer": ["ann", "bob", "ann", "cid"],
        "quantity": [3, 1, 2, 5],
        "unit_price": [9.5, 20.0, 4.0, 1.5],
        "ordered_at": pd.to_datetime(["2024-01-03", "2024-01-09", "2024-02-01", "2024-02-11"]),
    }
)
rates = {"standard": 0.19, "reduced": 0.07, "zero": 0.0}

# %%
orders["net"] = orders["quantity"] * orders["unit_price"]
orders["gross"] = orders["net"] * (1 + rates["standard"])

# %%
by_customer = orders.groupby("customer")["net"].sum()
orders["month"] = orders["ordered_at"].dt.month
monthly = orders.groupby("month")["gross"].sum()

# %%
largest = orders.loc[orders["net"].idxmax()]
largest["customer"]
today = dt.date(2024, 3, 1)
age = dt.timedelta(days=30)


# %%
def invoice(order, rate=0.19, currency="EUR", digits=2):
    return round(order["net"] * (1 + rate), digits), currency


# %%
invoice(largest, rate=rates["reduced"])
invoice(largest, currency="USD", digits=0)
today.year
(today - age).isoformat()
early = orders[orders["ordered_at"] < "2024-02-01"]
early["order_id"].tolist()
orders["customer"].nunique()
export = orders.to_dict(orient="records")
