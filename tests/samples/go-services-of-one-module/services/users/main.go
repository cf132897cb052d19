package main

import (
	"net"

	"example.com/platform/pkg/db"
	"google.golang.org/grpc"
)

func main() {
	db.Open()
	l, _ := net.Listen("tcp", ":9001")
	grpc.NewServer().Serve(l)
}
