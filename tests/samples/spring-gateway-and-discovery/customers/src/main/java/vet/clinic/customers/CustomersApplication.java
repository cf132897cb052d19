package vet.clinic.customers;
@SpringBootApplication
public class CustomersApplication {
  public static void main(String[] args) { SpringApplication.run(CustomersApplication.class, args); }
}
