module example.com/platform

go 1.21

require (
	github.com/gin-gonic/gin v1.9.1
	github.com/jackc/pgx/v5 v5.5.0
	github.com/segmentio/kafka-go v0.4.47
	google.golang.org/grpc v1.60.0
)
