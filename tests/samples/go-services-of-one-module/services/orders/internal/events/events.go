package events

import "github.com/segmentio/kafka-go"

func Publish() { _ = kafka.Writer{} }
