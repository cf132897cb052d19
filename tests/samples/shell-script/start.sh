#!/bin/bash
while true; do date; sleep "${INTERVAL:-60}"; done
