plugins {
    kotlin("jvm") version "2.1.0"
    id("io.ktor.plugin") version "3.0.3"
}

application { mainClass.set("ferry.ApplicationKt") }

dependencies {
    implementation("io.ktor:ktor-server-netty:3.0.3")
    implementation("org.postgresql:postgresql:42.7.4")
}
