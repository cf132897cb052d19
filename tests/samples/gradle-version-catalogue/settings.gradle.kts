pluginManagement { repositories { gradlePluginPortal(); mavenCentral() } }
rootProject.name = "logsearch"
include(":services:ingest", ":services:query")
include(":libs:model")
