public record Greeting(String text) {}
