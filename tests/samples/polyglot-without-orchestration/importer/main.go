package main

import (
	"database/sql"
	"os"

	_ "github.com/lib/pq"
)

func main() {
	db, _ := sql.Open("postgres", os.Getenv("DATABASE_URL"))
	defer db.Close()
}
