package main

import (
	"os"

	"example.com/tickets/internal/queue"
)

func main() {
	jobs := queue.Open(os.Getenv("REDIS_ADDR"))
	defer jobs.Close()
}
