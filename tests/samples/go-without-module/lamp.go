package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/ping", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(os.Getenv("COLOUR"))) })
	http.ListenAndServe(":9090", nil)
}
