package main

import (
	"net/http"
	"os"

	"example.com/tickets/internal/queue"
	"github.com/go-chi/chi/v5"
)

func main() {
	r := chi.NewRouter()
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })
	jobs := queue.Open(os.Getenv("REDIS_ADDR"))
	defer jobs.Close()
	http.ListenAndServe(":8080", r)
}
