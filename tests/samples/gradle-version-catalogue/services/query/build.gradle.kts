plugins {
    alias(libs.plugins.kotlin.jvm)
    alias(libs.plugins.micronaut.application)
}
application { mainClass.set("io.logsearch.query.ApplicationKt") }
dependencies {
    implementation(project(":libs:model"))
    implementation(libs.micronaut.elastic)
}
