package shop;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class Inventory {
    public static void main(String[] args) {
        SpringApplication.run(Inventory.class, args);
    }
}
