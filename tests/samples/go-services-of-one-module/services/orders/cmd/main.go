package main

import (
	"os"

	"example.com/platform/pkg/db"
	"example.com/platform/services/orders/internal/events"
	"github.com/gin-gonic/gin"
)

func main() {
	db.Open()
	events.Publish()
	_ = os.Getenv("USERS_GRPC_ADDR")
	gin.Default().Run(":8082")
}
