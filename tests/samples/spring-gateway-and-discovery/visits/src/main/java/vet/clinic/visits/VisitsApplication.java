package vet.clinic.visits;
@SpringBootApplication
public class VisitsApplication {
  public static void main(String[] args) { SpringApplication.run(VisitsApplication.class, args); }
}
