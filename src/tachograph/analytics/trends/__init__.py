"""How things go from day to day: direction, weekdays, change points, forecasts, days that stand out, the budget."""
