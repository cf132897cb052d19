package io.logsearch.model
data class LogLine(val text: String)
