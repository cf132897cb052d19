name := "chess-club"
scalaVersion := "3.3.4"
lazy val root = (project in file(".")).enablePlugins(PlayScala)
libraryDependencies += "org.playframework" %% "play-slick" % "6.1.1"
