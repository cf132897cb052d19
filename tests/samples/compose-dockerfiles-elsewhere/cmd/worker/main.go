package main

import (
	"os"

	"github.com/nats-io/nats.go"

	"github.com/acme/shipit/internal/store"
)

func main() {
	nc, _ := nats.Connect(os.Getenv("NATS_URL"))
	st := store.Open(os.Getenv("DATABASE_URL"))
	nc.Subscribe("ship", func(m *nats.Msg) { st.Save() })
	select {}
}
