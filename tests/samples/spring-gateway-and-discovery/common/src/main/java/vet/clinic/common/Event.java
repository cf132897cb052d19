package vet.clinic.common;
public record Event(String kind) {}
