plugins {
    alias(libs.plugins.kotlin.jvm)
    alias(libs.plugins.micronaut.application)
}
application { mainClass.set("io.logsearch.ingest.ApplicationKt") }
micronaut { runtime("netty") }
dependencies {
    implementation(project(":libs:model"))
    implementation(libs.micronaut.kafka)
    implementation(libs.micronaut.elastic)
}
