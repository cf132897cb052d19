package io.metering.ingest

import zio._
import zio.kafka.consumer._

object Main extends ZIOAppDefault:
  val settings = ConsumerSettings(List(sys.env.getOrElse("KAFKA_BROKERS", "localhost:9092"))).withGroupId("ingest")
  def run = Consumer.plainStream(Subscription.topics("usage"), ???, ???).runDrain
