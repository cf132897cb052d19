package org.tramway;

@SpringBootApplication
public class Stops {
    public static void main(String[] arguments) {
        SpringApplication.run(Stops.class, arguments);
    }
}
