package io.metering.api

import cats.effect._
import com.comcast.ip4s._
import org.http4s.ember.server.EmberServerBuilder

object Main extends IOApp.Simple:
  def run: IO[Unit] =
    EmberServerBuilder.default[IO].withHost(host"0.0.0.0").withPort(port"8080").withHttpApp(Routes.app).build.useForever
