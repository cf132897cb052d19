package main

import (
	"os"

	"github.com/gin-gonic/gin"
	"github.com/nats-io/nats.go"

	"github.com/acme/shipit/internal/store"
)

func main() {
	nc, _ := nats.Connect(os.Getenv("NATS_URL"))
	st := store.Open(os.Getenv("DATABASE_URL"))
	r := gin.Default()
	r.POST("/ship", func(c *gin.Context) { nc.Publish("ship", nil); st.Save(); c.Status(202) })
	r.Run(":8090")
}
