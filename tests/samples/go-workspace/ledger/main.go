package main

import (
	"net/http"
	"os"
)

func main() {
	_ = os.Getenv("LEDGER_DATABASE_URL")
	server := http.Server{Addr: ":7070"}
	server.ListenAndServe()
}
