package money

type Amount int64
