module example.com/tickets

go 1.23

require (
	github.com/go-chi/chi/v5 v5.1.0
	github.com/redis/go-redis/v9 v9.7.0
)
