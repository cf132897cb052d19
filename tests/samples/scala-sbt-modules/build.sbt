ThisBuild / scalaVersion := "3.3.1"
ThisBuild / organization := "io.metering"

val http4sV = "0.23.25"
val doobieV = "1.0.0-RC5"

lazy val core = (project in file("modules/core"))
  .settings(
    name := "core",
    libraryDependencies ++= Seq(
      "org.tpolecat" %% "doobie-core" % doobieV,
      "org.tpolecat" %% "doobie-postgres" % doobieV,
      "org.tpolecat" %% "doobie-hikari" % doobieV
    )
  )

lazy val api = (project in file("modules/api"))
  .dependsOn(core)
  .enablePlugins(JavaAppPackaging)
  .settings(
    name := "api",
    libraryDependencies ++= Seq(
      "org.http4s" %% "http4s-ember-server" % http4sV,
      "org.http4s" %% "http4s-circe" % http4sV,
      "org.http4s" %% "http4s-dsl" % http4sV
    )
  )

lazy val ingest = (project in file("modules/ingest"))
  .dependsOn(core)
  .enablePlugins(JavaAppPackaging)
  .settings(
    name := "ingest",
    libraryDependencies ++= Seq(
      "dev.zio" %% "zio" % "2.0.21",
      "dev.zio" %% "zio-kafka" % "2.7.2"
    )
  )

lazy val root = (project in file(".")).aggregate(core, api, ingest)
