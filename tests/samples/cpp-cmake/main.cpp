#include <iostream>

int main() {
    std::cout << "wind: 4 m/s" << std::endl;
}
