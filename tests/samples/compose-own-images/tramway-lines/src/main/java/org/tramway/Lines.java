package org.tramway;

@SpringBootApplication
public class Lines {
    public static void main(String[] arguments) {
        SpringApplication.run(Lines.class, arguments);
    }
}
